//! Measures the language of all comments, so that it stays plain technical English.

use std::fs;
use std::path::{Path, PathBuf};

/// Upper limits, per 1,000 words of comments.
const MAX_PER_1000: [(&str, &[&str], f64); 3] = [
    ("where", &["where"], 1.1),
    ("tell", &["tell", "tells", "told"], 0.2),
    ("who", &["who", "whoever", "nobody"], 0.7),
];
/// Upper limit of doc comments that open with a fragment, in percent.
const MAX_FRAGMENTS: f64 = 9.0;
/// First words of a fragment. A summary line opens with a verb in the third person or with a noun.
const FRAGMENTS: &[&str] = &[
    "what", "how", "where", "when", "why", "who", "whom", "whose", "whoever", "whatever", "that", "so", "as",
    "of", "on", "if", "with", "without", "from", "to", "for", "in", "at", "by", "and", "or", "but", "also",
];
const FOLDERS: [&str; 4] = ["backend", "crates", "frontend", "shared"];

/// Counts of one file, folder or workspace.
#[derive(Clone, Default)]
struct Counts {
    words: usize,
    terms: [usize; MAX_PER_1000.len()],
    docs: usize,
    fragments: usize,
}

impl Counts {
    /// Counts the comments of a source file.
    fn of(source: &str) -> Self {
        let mut counts = Self::default();
        let mut is_within_docs = false;
        for line in source.lines() {
            let Some(comment) = line.trim_start().strip_prefix("//") else {
                is_within_docs = false;
                continue;
            };
            let docs = comment.strip_prefix(['/', '!']);
            // Quoted user interface text is fixed elsewhere.
            let text: String = docs.unwrap_or(comment).split('"').step_by(2).collect();
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '’');
            let words: Vec<String> = words
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            if docs.is_some() && !is_within_docs {
                counts.docs += 1;
                let is_fragment = |word: &String| FRAGMENTS.contains(&word.as_str());
                counts.fragments += usize::from(words.first().is_some_and(is_fragment));
            }
            is_within_docs = docs.is_some();
            counts.words += words.len();
            for (term, (_, forms, _)) in counts.terms.iter_mut().zip(MAX_PER_1000) {
                *term += words.iter().filter(|word| forms.contains(&word.as_str())).count();
            }
        }
        counts
    }

    fn add(&mut self, other: &Self) {
        self.words += other.words;
        self.docs += other.docs;
        self.fragments += other.fragments;
        for (term, more) in self.terms.iter_mut().zip(other.terms) {
            *term += more;
        }
    }

    /// Returns name, value and limit of each measure.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn measures(&self) -> Vec<(&'static str, f64, f64)> {
        let share = |count: usize, of: usize, scale: f64| count as f64 * scale / of.max(1) as f64;
        let terms = self.terms.iter().zip(MAX_PER_1000);
        let terms = terms.map(|(count, (name, _, max))| (name, share(*count, self.words, 1000.0), max));
        let fragments = share(self.fragments, self.docs, 100.0);
        terms.chain([("fragments %", fragments, MAX_FRAGMENTS)]).collect()
    }

    fn offences(&self) -> usize {
        self.terms.iter().sum::<usize>() + self.fragments
    }

    fn row(&self, name: &str) -> String {
        let measures = self.measures().into_iter();
        let values: String = measures
            .map(|(name, value, _)| format!("  {name} {value:.1}"))
            .collect();
        format!("{name:<60} {:>6} words{values}", self.words)
    }
}

#[test]
fn comments_are_plain_technical_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in FOLDERS {
        rust_files(&root.join(folder), &mut files);
    }
    let mut total = Counts::default();
    let mut folders: Vec<(String, Counts)> = Vec::new();
    let mut worst = Vec::new();
    files.sort();
    for file in &files {
        let counts = Counts::of(&fs::read_to_string(file).expect("a readable file"));
        let path = file.strip_prefix(&root).expect("a file below the root");
        let depth = if path.starts_with("crates") { 2 } else { 1 };
        let folder: PathBuf = path.components().take(depth).collect();
        let folder = folder.display().to_string();
        if folders.last().is_none_or(|(last, _)| *last != folder) {
            folders.push((folder, Counts::default()));
        }
        folders.last_mut().expect("a folder").1.add(&counts);
        total.add(&counts);
        worst.push((counts.offences(), path.display().to_string(), counts));
    }
    worst.sort_by_key(|(offences, ..)| usize::MAX - offences);
    for (folder, counts) in folders
        .iter()
        .map(|(name, counts)| (name.as_str(), counts))
        .chain([("total", &total)])
    {
        println!("{}", counts.row(folder));
    }
    println!("\nFiles with the most offences:");
    for (offences, file, counts) in worst.iter().take(20) {
        println!("{offences:>4}  {}", counts.row(file));
    }
    assert!(total.words > 10_000, "the comments are found");
    for (name, value, max) in total.measures() {
        assert!(value <= max, "{name}: {value:.2}, which is more than {max}");
    }
}

#[test]
fn terms_and_fragments_are_counted_in_comments_only() {
    let source =
        "//! What it is, where told.\nlet tell = 1;\n/// Returns it.\n/// \"who\" nobody\n// Where\n";
    let counts = Counts::of(source);
    assert_eq!((counts.terms, counts.docs, counts.fragments), ([2, 1, 1], 2, 1));
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
