//! Finds libfalconet.so: in FALCONET_LIB_DIR, or by pkg-config.

use std::env;
use std::path::Path;
use std::process::Command;

/// The oldest release that has all functions.
const VERSION: &str = "0.1.0";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["FALCONET_LIB_DIR", "PKG_CONFIG_PATH", "PKG_CONFIG"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    // Documentation links nothing.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    match env::var("FALCONET_LIB_DIR") {
        Ok(folder) => {
            if !Path::new(&folder).join("libfalconet.so").exists() {
                panic!("FALCONET_LIB_DIR is {folder}, which has no libfalconet.so");
            }
            link(&folder);
        }
        Err(_) => {
            for folder in folders() {
                link(&folder);
            }
        }
    }
}

fn link(folder: &str) {
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:lib_dir={folder}");
}

/// The directories that pkg-config names: none if the library is where linkers look anyway.
fn folders() -> Vec<String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(&program)
        .args(["--libs-only-L", &format!("falconet >= {VERSION}")])
        .output();
    let advice =
        "install Falconet's library, or set FALCONET_LIB_DIR to the directory of libfalconet.so";
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .map(|flag| flag.trim_start_matches("-L").to_string())
            .collect(),
        Ok(output) => panic!("{}{advice}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{program}: {error}: {advice}"),
    }
}
