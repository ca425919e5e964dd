//! Writes `docs/performance.md`: the tables of a run, each with a chart.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, IntoDrawingArea as _, PathElement, RGBColor, Rectangle, SVGBackend,
    WHITE,
};
use plotters::style::IntoFont as _;

use crate::scaling::Pages;
use crate::table::{Row, Table};

/// Results of a run.
#[derive(Default)]
pub(crate) struct Document {
    sections: Vec<Section>,
}

enum Section {
    Table(Table),
    Pages(Pages),
}

impl Document {
    /// Prints the table and adds it.
    pub(crate) fn add(&mut self, table: Table) {
        println!("\n{}", table.markdown(None));
        self.sections.push(Section::Table(table));
    }

    /// Prints the response times of list pages and adds them.
    pub(crate) fn add_pages(&mut self, pages: Pages) {
        println!("\n{}", pages.markdown());
        self.sections.push(Section::Pages(pages));
    }

    /// Writes the document, and its charts into `images/performance` beside it.
    pub(crate) fn write(&self, file: &Path, rounds: u32, seconds: u64) -> Result<()> {
        let folder = file.parent().context("a document is in a folder")?;
        let charts = folder.join("images/performance");
        fs::create_dir_all(&charts)?;
        let cores = std::thread::available_parallelism()?;
        let mut text = format!(
            "{HEAD}\nThis run: {rounds} rounds of {seconds} s on a machine with {cores} cores, which the load generator \
             shares.\n"
        );
        for section in &self.sections {
            text.push('\n');
            match section {
                Section::Table(table) if table.rows.is_empty() => text += &table.markdown(None),
                Section::Table(table) => {
                    let name = format!("{}.svg", table.slug());
                    draw(&charts.join(&name), &table.rows)?;
                    text += &table.markdown(Some(&format!("images/performance/{name}")));
                }
                Section::Pages(pages) => text += &pages.markdown(),
            }
        }
        fs::write(file, text).with_context(|| file.display().to_string())
    }
}

const HEAD: &str = "# Performance

`cargo xtask bench` writes this page. Absolute numbers say little about another machine. So each round runs, in turn and on the
same machine, the server and baselines: programs that do only what cannot be left out. What counts is the ratio
of the medians. Bars show the median of the rounds, the black line the lowest and the highest.
";

const BAR_HEIGHT: u32 = 34;
const OURS: RGBColor = RGBColor(0x25, 0x63, 0xeb);
const BASELINE: RGBColor = RGBColor(0x94, 0xa3, 0xb8);

/// Draws a bar with the median rate, and a line with the range, for each row.
fn draw(file: &Path, rows: &[Row]) -> Result<()> {
    let count = u32::try_from(rows.len())?;
    let area = SVGBackend::new(file, (860, BAR_HEIGHT * count + 70)).into_drawing_area();
    area.fill(&WHITE)?;
    let longest = rows.iter().map(|row| row.range().1).fold(1.0, f64::max) * 1.05;
    let height = f64::from(count);
    let font = ("sans-serif", 14).into_font();
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .margin_right(30)
        .x_label_area_size(45)
        .y_label_area_size(330)
        .build_cartesian_2d(0.0..longest, height..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_labels(6)
        .x_desc("per second")
        .x_label_formatter(&|rate| format!("{rate:.0}"))
        .label_style(font.clone())
        .draw()?;
    for (place, row) in (0_u32..).map(f64::from).zip(rows) {
        let (low, high) = row.range();
        let color = if row.name.starts_with("ori") {
            OURS
        } else {
            BASELINE
        };
        let middle = place + 0.5;
        let bar = [(0.0, place + 0.15), (row.rate(), place + 0.85)];
        let whisker = PathElement::new(vec![(low, middle), (high, middle)], BLACK.stroke_width(2));
        chart.draw_series([Rectangle::new(bar, color.filled())])?;
        chart.draw_series([whisker])?;
        let (_, y) = chart.backend_coord(&(0.0, middle));
        area.draw_text(row.name, &font.clone().into(), (12, y - 7))?;
    }
    area.present()?;
    Ok(())
}
