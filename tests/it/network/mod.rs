//! A table of what servers do wrong, and what becomes of it.

mod faults;
mod kinds;
mod server;
mod table;
