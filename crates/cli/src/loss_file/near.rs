//! The nearest of some words, for a word that is none of them.

/// The word nearest to `text`, where one is near enough to be meant: at most a third of its
/// letters changed, added, left out or swapped.
///
/// ```
/// use rhodian_cli::loss_file::near::nearest;
/// assert_eq!(nearest("capcity", ["capacity", "claims"]), Some("capacity"));
/// assert_eq!(nearest("colour", ["capacity", "claims"]), None);
/// ```
pub fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = text.to_lowercase().replace([' ', '_'], "-");
    // A long text is no slip of any word here.
    if folded.chars().count() > 64 {
        return None;
    }
    let near = |word: &'a str| (distance(&folded, &word.replace('_', "-")), word);
    let (changes, word) = words.into_iter().map(near).min_by_key(|(changes, _)| *changes)?;
    (changes * 3 <= word.chars().count().max(3)).then_some(word)
}

/// How many letters are changed, added, left out or swapped with the next one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
