//! One file for each command.

pub mod allocate;
pub mod check;
pub mod completions;
pub mod demo;
pub mod explain;
pub mod incident;
pub mod init;
pub mod lab;
pub mod margin;
pub mod run;
pub mod schema;
pub mod serve;
pub mod share;
pub mod verify;
