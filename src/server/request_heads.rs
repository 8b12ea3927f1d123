//! Finds where the requests of an HTTP/1 connection begin and end, to count them. The HTTP parser of Actix decides what
//! a request is and refuses malformed ones; a miscount costs a connection that the parser closes anyway.

/// The beginning of a line that is kept, in bytes. A longer header has no meaning here.
const LINE: usize = 64;

/// The position in a stream of requests.
#[derive(Default)]
pub struct RequestHeads {
    part: Part,
    /// The beginning of the current line of a head, or of a line between chunks.
    line: Vec<u8>,
    /// The length of the body that follows the current head.
    body: Length,
    /// Whether the current head has a line.
    has_begun: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A body or a chunk, of which this many bytes are left.
    Body(u64),
    Chunk(u64),
    ChunkSize,
    Trailers,
}

#[derive(Default, Clone, Copy)]
enum Length {
    #[default]
    None,
    Bytes(u64),
    Chunked,
}

impl RequestHeads {
    /// Whether the next byte begins a new request.
    pub fn is_between_requests(&self) -> bool {
        self.part == Part::Head && !self.has_begun && self.line.is_empty()
    }

    /// Reads `bytes` up to the end of the request whose head ends as number `max`, and returns the number of bytes read
    /// and of heads that ended.
    pub fn read(&mut self, bytes: &[u8], max: usize) -> (usize, usize) {
        let (mut read, mut heads) = (0, 0);
        while read < bytes.len() && !(heads == max && self.is_between_requests()) {
            match &mut self.part {
                Part::Body(left) | Part::Chunk(left) => {
                    let rest = bytes.len() - read;
                    let part = usize::try_from(*left).map_or(rest, |left| left.min(rest));
                    *left -= part as u64;
                    read += part;
                    if *left == 0 {
                        self.part = match self.part {
                            Part::Chunk(_) => Part::ChunkSize,
                            _ => Part::Head,
                        };
                    }
                }
                Part::Head | Part::ChunkSize | Part::Trailers => {
                    let byte = bytes[read];
                    read += 1;
                    if byte == b'\n' {
                        heads += usize::from(self.end_line());
                    } else if byte != b'\r' && self.line.len() < LINE {
                        self.line.push(byte.to_ascii_lowercase());
                    }
                }
            }
        }
        (read, heads)
    }

    /// Ends the current line. Returns whether it ended a head.
    fn end_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        match self.part {
            Part::Head if !line.is_empty() => {
                self.has_begun = true;
                let value = |name: &[u8]| line.strip_prefix(name).map(<[u8]>::trim_ascii);
                if value(b"transfer-encoding:").is_some_and(|coding| coding.ends_with(b"chunked")) {
                    self.body = Length::Chunked;
                } else if let Some(length) = value(b"content-length:")
                    && matches!(self.body, Length::None)
                {
                    self.body = Length::Bytes(number(length, 10));
                }
            }
            // An empty line before a request has no meaning.
            Part::Head if !self.has_begun => {}
            Part::Head => {
                self.has_begun = false;
                self.part = match std::mem::take(&mut self.body) {
                    Length::None | Length::Bytes(0) => Part::Head,
                    Length::Bytes(length) => Part::Body(length),
                    Length::Chunked => Part::ChunkSize,
                };
                return true;
            }
            // The end of a chunk's data.
            Part::ChunkSize if line.is_empty() => {}
            Part::ChunkSize => {
                let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
                self.part = match number(size.trim_ascii(), 16) {
                    0 => Part::Trailers,
                    size => Part::Chunk(size),
                };
            }
            Part::Trailers if line.is_empty() => self.part = Part::Head,
            _ => {}
        }
        false
    }
}

/// The number that the digits make; 0 if they make none.
fn number(digits: &[u8], radix: u32) -> u64 {
    let digits = std::str::from_utf8(digits);
    digits.map_or(0, |digits| u64::from_str_radix(digits, radix).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::RequestHeads;

    const GET: &str = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n";
    const POST: &str = "POST /a HTTP/1.1\r\ncontent-LENGTH: 6\r\n\r\n{\n\n\n\n}";
    const CHUNKED: &str = "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n\
        3;x=y\r\n\n\n\n\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n";

    #[rstest]
    #[case::without_a_body(GET)]
    #[case::with_a_length(POST)]
    #[case::in_chunks(CHUNKED)]
    #[case::after_an_empty_line("\r\nGET /a HTTP/1.1\n\n")]
    fn a_request_ends_where_the_next_one_begins(#[case] request: &str) {
        for split in 0..request.len() {
            let mut requests = RequestHeads::default();
            let twice = [request, GET].concat();
            let (first, second) = twice.as_bytes().split_at(split);
            let (read, heads) = requests.read(first, 1);
            assert_eq!(read, split);
            let (more, last) = requests.read(second, 1 - heads);
            assert_eq!((read + more, heads + last), (request.len(), 1), "{split}");
            assert!(requests.is_between_requests());
            assert_eq!(requests.read(GET.as_bytes(), 0), (0, 0));
            assert_eq!(requests.read(GET.as_bytes(), 1), (GET.len(), 1));
        }
    }

    #[test]
    fn as_many_requests_are_read_as_allowed() {
        let mut requests = RequestHeads::default();
        let five = [GET, POST, CHUNKED, POST, GET].concat();
        let four = five.len() - GET.len();
        assert_eq!(requests.read(five.as_bytes(), 4), (four, 4));
        assert_eq!(requests.read(GET.as_bytes(), 4), (GET.len(), 1));
    }
}
