//! Says what this crate embeds, so that a new build of the islands is embedded anew.

fn main() {
    for folder in ["assets", "islands/dist"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
