//! A real service on 127.0.0.1, asked by a small blocking client.

mod access;
mod book;
mod browser;
mod certificates;
mod clearing;
mod client;
mod complete;
mod cover;
mod durable;
mod engine;
mod folder;
mod in_browser;
mod incidents;
mod lending;
mod newcomer;
mod pages;
mod receipts;
mod receiver;
mod rewards;
mod secure;
mod streams;
mod surface;
mod traces;
mod vaults;
mod venue;
mod webhooks;
