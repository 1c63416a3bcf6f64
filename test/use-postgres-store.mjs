/** Lets tests that are not about the store run a second time, on PostgreSQL. */
process.env.TRIBUTARY_TEST_STORE = 'postgres';
