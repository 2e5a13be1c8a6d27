//! The shim for node and the browser.
