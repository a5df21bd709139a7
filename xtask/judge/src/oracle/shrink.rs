//! A disagreement made as small as it can be in the time that there is.

use std::time::Instant;

use amictl::testing::cases::Files;
use anyhow::Result;

/// Takes out of `files` whatever can go while they stay `interesting`: files, lines, then bytes.
pub(crate) fn shrink(
    mut files: Files,
    deadline: Instant,
    mut interesting: impl FnMut(&Files) -> Result<bool>,
) -> Result<Files> {
    loop {
        let before = files.clone();
        for name in before.keys().filter(|_| before.len() > 1) {
            let mut fewer = files.clone();
            fewer.remove(name);
            if Instant::now() < deadline && interesting(&fewer)? {
                files = fewer;
            }
        }
        for split in [lines, bytes] {
            for name in before.keys() {
                shrink_file(&mut files, name, split, deadline, &mut interesting)?;
            }
        }
        if files == before || Instant::now() > deadline {
            return Ok(files);
        }
    }
}

fn lines(content: &[u8]) -> Vec<&[u8]> {
    content.split_inclusive(|&byte| byte == b'\n').collect()
}

fn bytes(content: &[u8]) -> Vec<&[u8]> {
    content.chunks(1).collect()
}

/// Takes parts out of one file: half of them at once, then a quarter, and so on.
fn shrink_file(
    files: &mut Files,
    name: &[u8],
    split: fn(&[u8]) -> Vec<&[u8]>,
    deadline: Instant,
    interesting: &mut impl FnMut(&Files) -> Result<bool>,
) -> Result<()> {
    let Some(content) = files.get(name).cloned() else { return Ok(()) };
    let mut parts = split(&content);
    let mut step = parts.len().div_ceil(2);
    while step > 0 {
        let mut at = 0;
        while at < parts.len() && Instant::now() < deadline {
            let mut fewer = parts.clone();
            fewer.drain(at..parts.len().min(at + step));
            files.insert(name.to_vec(), fewer.concat());
            if interesting(files)? {
                parts = fewer;
            } else {
                at += step;
            }
        }
        files.insert(name.to_vec(), parts.concat());
        step = if step == 1 { 0 } else { step.div_ceil(2) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use amictl::testing::cases::ROOT;

    use super::*;

    #[test]
    fn only_what_matters_is_left() -> Result<()> {
        let content = b"[a]\nx=1\ny=2\n[b]\nx=3\n".to_vec();
        let files = Files::from([(ROOT.to_vec(), content), (b"b.conf".to_vec(), b"z".to_vec())]);
        let has = |files: &Files, text: &[u8]| {
            files.get(ROOT).is_some_and(|root| root.windows(text.len()).any(|it| it == text))
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        let small = shrink(files, deadline, |it| Ok(has(it, b"y=2") && has(it, b"b]")))?;
        assert_eq!(small, Files::from([(ROOT.to_vec(), b"y=2b]".to_vec())]));
        Ok(())
    }
}
