//! The page `docs/embed.md` shows the program `examples/embed.rs` and what it says: both are held
//! against the program here.

#[path = "../examples/embed.rs"]
#[allow(dead_code, reason = "the test calls what main calls")]
mod embed;

const PAGE: &str = include_str!("../../../docs/embed.md");
const PROGRAM: &str = include_str!("../examples/embed.rs");

/// The lines of the page's blocks of a language.
fn block(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}");
    let mut lines = PAGE.lines();
    let mut found = Vec::new();
    while lines.by_ref().any(|line| line == fence) {
        found.extend(lines.by_ref().take_while(|line| *line != "```"));
    }
    found
}

#[test]
fn the_page_shows_lines_of_the_program() {
    let shown = block("rust");
    assert!(shown.len() > 20, "the page shows {} lines", shown.len());
    for line in shown {
        let line = line.trim();
        assert!(PROGRAM.lines().any(|known| known.trim() == line), "not in the program: {line}");
    }
}

#[test]
fn the_page_shows_what_the_program_says() {
    assert_eq!(block("text"), embed::told());
}
