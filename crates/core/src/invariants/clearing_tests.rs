//! What breaks the law of clearing funds.
