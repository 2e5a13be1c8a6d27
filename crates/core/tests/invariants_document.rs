//! INVARIANTS.md is rendered from core, and stays so.

use std::{env, fs, path::PathBuf};

#[test]
fn the_document_is_the_laws() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../INVARIANTS.md");
    let rendered = rhodian_core::invariants::document();
    if env::var_os("RHODIAN_RENDER").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stands, rendered,
        "render it: RHODIAN_RENDER=1 cargo test -p rhodian-core --test invariants_document"
    );
}
