//! Sets of fonts for a browser. The layout depends on their widths.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set of fonts that is available to a browser.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fonts {
    /// Widest letters of Debian's default fonts.
    DejaVu,
    /// Letters as wide as Arial's.
    Liberation,
}

impl Fonts {
    pub(crate) const ALL: [Self; 2] = [Self::DejaVu, Self::Liberation];

    fn sans(self) -> &'static str {
        match self {
            Self::DejaVu => "DejaVu Sans",
            Self::Liberation => "Liberation Sans",
        }
    }

    fn mono(self) -> &'static str {
        match self {
            Self::DejaVu => "DejaVu Sans Mono",
            Self::Liberation => "Liberation Mono",
        }
    }

    /// Writes a configuration for FONTCONFIG_FILE that hides every other font; returns its path.
    ///
    /// # Panics
    /// Panics if the fonts are not installed.
    pub(crate) fn configure(self, folder: &Path) -> PathBuf {
        let (sans, mono) = (self.sans(), self.mono());
        let text = format!(
            r#"<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <selectfont>
    <rejectfont><pattern/></rejectfont>
    <acceptfont>
      <pattern><patelt name="family"><string>{sans}</string></patelt></pattern>
      <pattern><patelt name="family"><string>{mono}</string></patelt></pattern>
    </acceptfont>
  </selectfont>
  <alias binding="same">
    <family>system-ui</family>
    <prefer><family>{sans}</family></prefer>
  </alias>
  <alias binding="same">
    <family>sans-serif</family>
    <prefer><family>{sans}</family></prefer>
  </alias>
</fontconfig>
"#
        );
        let file = folder.join("fonts.conf");
        fs::write(&file, text).expect("a file for the fonts");
        let mut matching = Command::new("fc-match");
        matching
            .args(["--format=%{family}", r"system\-ui"])
            .env("FONTCONFIG_FILE", &file);
        let output = matching.output().expect("fontconfig is installed");
        let family = String::from_utf8_lossy(&output.stdout);
        assert!(
            family.contains(sans),
            "`cargo xtask test` installs {sans}; found instead: {family}"
        );
        file
    }
}
