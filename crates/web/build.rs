//! Says what this crate embeds, so that a new build of the islands or of the phone app is embedded anew.

fn main() {
    for folder in ["assets", "islands/dist", "../../apps/phone/dist"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
