//! The command as its users see it: what it prints, how it ends, and what it never shows.
mod account;
mod config;
mod connect;
mod datagram;
mod decode;
mod demo;
mod help;
mod support;
