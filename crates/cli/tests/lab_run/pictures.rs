//! Pictures as PNG, beside those in SVG.

use super::binary::{done, folder, rhodian_in};
use super::{MONTE_CARLO, experiment, files};

#[test]
fn pictures_are_png_too_where_it_is_asked_for() {
    let here = folder();
    experiment(here.path(), MONTE_CARLO);
    let ran = done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--png"]);
    let told = "wrote report.html, runs.csv, runs.parquet, summary.json, survival.png, \
                survival.svg, fan.png, fan.svg into one";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let one = files(&here.path().join("one"));
    let png: Vec<&(String, Vec<u8>)> =
        one.iter().filter(|(name, _)| name.ends_with(".png")).collect();
    let names: Vec<&str> = png.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["fan.png", "survival.png"]);
    for (name, bytes) in png {
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000, "{name}");
        assert_eq!(bytes[16..20], 968u32.to_be_bytes(), "{name}: its width");
    }
    // What is there is replaced by what has none.
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--force"]);
    assert!(!here.path().join("one/fan.png").exists());
    let alone = rhodian_in(here.path(), &["lab", "run", "e.toml", "--png"]);
    assert_eq!(alone.status, 2, "{}", alone.stderr);
}
