//! 256-bit intermediates: the one place where a product may pass 128 bits.
