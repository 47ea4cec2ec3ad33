//! RFC 6455 frames as a client reads and writes them, on plain byte slices.

/// What a frame carries (RFC 6455, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// One whole frame at the head of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub fin: bool,
    pub opcode: Opcode,
    pub payload: &'a [u8],
    /// Bytes of the buffer that it takes.
    pub size: usize,
}

/// Reads the frame at the head of `bytes`; `None` where it has not wholly arrived.
///
/// # Errors
/// What a server may never send: reserved bits or opcodes, a masked frame.
pub fn read(bytes: &[u8]) -> Result<Option<Frame<'_>>, &'static str> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0x70 != 0 {
        return Err("a reserved bit is set");
    }
    let opcode = Opcode::from_bits(first & 0x0f).ok_or("a reserved opcode")?;
    if second & 0x80 != 0 {
        return Err("a masked frame from the server");
    }
    let (length, start) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (u64::from_be_bytes(*length), 10),
            None => return Ok(None),
        },
        length => (u64::from(length), 2),
    };
    let size = usize::try_from(length).ok().and_then(|length| length.checked_add(start)).ok_or("a length too big")?;
    let Some(payload) = bytes.get(start..size) else { return Ok(None) };
    Ok(Some(Frame { fin: first & 0x80 != 0, opcode, payload, size }))
}

/// Appends a whole, masked frame to `out`.
pub fn write(out: &mut Vec<u8>, opcode: Opcode, mask: u32, payload: &[u8]) {
    let mask = mask.to_be_bytes();
    out.push(0x80 | opcode.bits());
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_length_form_and_waits_for_the_rest() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let mut bytes = vec![0x81];
            match length {
                0..=125 => bytes.push(length as u8),
                126..=65_535 => {
                    bytes.push(126);
                    bytes.extend_from_slice(&(length as u16).to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend_from_slice(&(length as u64).to_be_bytes());
                }
            }
            bytes.extend_from_slice(&payload);
            let size = bytes.len();
            assert_eq!(read(&bytes[..size - 1]).unwrap(), None);
            bytes.push(0x89);
            let frame = read(&bytes).unwrap().unwrap();
            assert_eq!((frame.size, frame.payload.len(), frame.fin), (size, length, true));
        }
    }

    #[test]
    fn a_written_frame_unmasks_to_its_payload() {
        let mut out = Vec::new();
        write(&mut out, Opcode::Text, 0x1234_5678, b"hello");
        assert_eq!(&out[..6], &[0x81, 0x85, 0x12, 0x34, 0x56, 0x78]);
        let plain: Vec<u8> = out[6..].iter().zip([0x12, 0x34, 0x56, 0x78].iter().cycle()).map(|(b, k)| b ^ k).collect();
        assert_eq!(plain, b"hello");
    }

    #[test]
    fn refuses_what_a_server_may_not_send() {
        assert!(read(&[0xc1, 0]).is_err());
        assert!(read(&[0x83, 0]).is_err());
        assert!(read(&[0x81, 0x80, 0, 0, 0, 0]).is_err());
    }
}
