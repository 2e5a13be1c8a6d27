//! Calls that the service makes: to addresses of its configuration alone, over one connection that
//! is kept, nothing followed anywhere else.

pub mod post;
pub mod target;

pub use post::{Message, Post};
pub use target::Target;
