use super::Report;
pub fn page(_: &Report, _: &[String]) -> anyhow::Result<String> { Ok(String::new()) }
