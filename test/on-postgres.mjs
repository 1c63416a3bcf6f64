/** For specs that are about something else than the store, and are run once more with the other one. */
process.env.TRIBUTARY_TEST_STORE = 'postgres';
