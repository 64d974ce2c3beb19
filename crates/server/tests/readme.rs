//! The README says what is true.

use holdfast_server::settings::VARIABLES;

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    let readme = include_str!("../../../README.md");
    for variable in VARIABLES {
        let default = variable.default.map_or("unset".to_owned(), |d| format!("`{d}`"));
        let row = format!("| `{}` | {default} |", variable.name);
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
    let listed = readme.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4);
    let unknown: Vec<_> =
        listed.filter(|line| !VARIABLES.iter().any(|v| line.starts_with(&format!("| `{}`", v.name)))).collect();
    assert!(unknown.is_empty(), "README.md lists what is no setting: {unknown:?}");
}
