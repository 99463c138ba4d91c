-- PostgreSQL gets a function here that SQLite has.
select 1;
