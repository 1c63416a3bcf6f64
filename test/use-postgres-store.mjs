/** Lets tests that are independent of the database run a second time, on PostgreSQL. */
process.env.TRIBUTARY_TEST_STORE = 'postgres';
