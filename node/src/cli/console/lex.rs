//! Lua 5.3 text as tokens: enough to know whether it is finished, and which modules it names. Pure.
//!
//! Deliberately absent: positions, values of numbers, and whether an escape in a string means anything; the process's own Lua judges.

/// What stands where, as far as grammar goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name.
    Name(&'a str),
    /// A reserved word, an operator or a bracket.
    Word(&'a str),
    /// A number.
    Number,
    /// A string, with what stands between its quotes.
    Text(&'a str),
    /// A string or comment that more lines may end; nothing follows.
    Open,
    /// Something that no further line makes right; nothing follows.
    Wrong,
}

const RESERVED: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// Longest first, so that the first that fits is the right one.
const SYMBOLS: [&str; 33] = [
    "...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", "..", "+", "-", "*", "/", "%", "^", "#",
    "&", "~", "|", "<", ">", "=", "(", ")", "{", "}", "[", "]", ";", ":", ",", ".",
];

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { rest: text };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
        if matches!(token, Token::Open | Token::Wrong) {
            break;
        }
    }
    tokens
}

struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self
                .rest
                .trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            if !self.rest.starts_with("--") {
                break;
            }
            if !self.comment() {
                return Some(Token::Open);
            }
        }
        let first = self.rest.chars().next()?;
        let mut after = self.rest.get(1..).unwrap_or_default().chars();
        let token = match first {
            'a'..='z' | 'A'..='Z' | '_' => self.word(),
            '0'..='9' => self.number(),
            '.' if after.next().is_some_and(|next| next.is_ascii_digit()) => self.number(),
            '"' | '\'' => self.short(first),
            '[' => match self.long() {
                None => self.symbol(),
                Some(token) => token,
            },
            _other => self.symbol(),
        };
        Some(token)
    }

    /// Takes so many bytes of what is left.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter| !fits(letter));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// False where a long comment has no end.
    fn comment(&mut self) -> bool {
        self.take(2);
        match self.long() {
            Some(Token::Open) => false,
            Some(Token::Text(_)) => true,
            _no_long_bracket => {
                self.take_while(|letter| !matches!(letter, '\n' | '\r'));
                true
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        let word = self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        match RESERVED.contains(&word) {
            true => Token::Word(word),
            false => Token::Name(word),
        }
    }

    fn symbol(&mut self) -> Token<'a> {
        let found = SYMBOLS
            .iter()
            .find(|symbol| self.rest.starts_with(**symbol));
        match found {
            Some(symbol) => Token::Word(self.take(symbol.len())),
            None => Token::Wrong,
        }
    }

    /// `[[…]]`, `[=[…]=]`; none where no such bracket opens here.
    fn long(&mut self) -> Option<Token<'a>> {
        let after = self.rest.strip_prefix('[')?;
        let level = after.len() - after.trim_start_matches('=').len();
        let text = after.get(level..)?;
        let Some(inner) = text.strip_prefix('[') else {
            // `[=` begins nothing else in Lua.
            return (level > 0).then_some(Token::Wrong);
        };
        let close = format!("]{}]", "=".repeat(level));
        match inner.split_once(close.as_str()) {
            Some((content, rest)) => {
                self.rest = rest;
                Some(Token::Text(content))
            }
            None => Some(Token::Open),
        }
    }

    /// A string in quotes: a line break ends it badly, unless `\` or `\z` stands before.
    fn short(&mut self, quote: char) -> Token<'a> {
        self.take(1);
        let whole = self.rest;
        loop {
            self.take_while(|letter| letter != quote && !matches!(letter, '\\' | '\n' | '\r'));
            let Some(stopped) = self.rest.chars().next() else {
                return Token::Wrong;
            };
            if stopped == quote {
                let content = whole
                    .get(..whole.len() - self.rest.len())
                    .unwrap_or_default();
                self.take(1);
                return Token::Text(content);
            }
            if stopped != '\\' {
                return Token::Wrong;
            }
            self.take(1);
            if self.escape_is_open() {
                return Token::Open;
            }
        }
    }

    /// Takes what a `\` escapes; true where the text ends there and the string may go on.
    fn escape_is_open(&mut self) -> bool {
        let Some(letter) = self.rest.chars().next() else {
            return true;
        };
        self.take(letter.len_utf8());
        match letter {
            'z' => {
                self.take_while(|letter| letter.is_ascii_whitespace() || letter == '\u{b}');
                self.rest.is_empty()
            }
            '\r' => {
                let fed = self.rest.starts_with('\n');
                self.take(usize::from(fed));
                self.rest.is_empty()
            }
            '\n' => self.rest.is_empty(),
            _other => false,
        }
    }

    /// As Lua reads a number: as far as it looks like one, and then it must be one.
    fn number(&mut self) -> Token<'a> {
        let hex = self.rest.starts_with("0x") || self.rest.starts_with("0X");
        let exponent = if hex { ['p', 'P'] } else { ['e', 'E'] };
        let mut before = None;
        let end = self.rest.char_indices().find(|(at, letter)| {
            let prefix = hex && *at == 1;
            let sign =
                matches!(letter, '+' | '-') && before.is_some_and(|one| exponent.contains(&one));
            let part = prefix
                || sign
                || letter.is_ascii_hexdigit()
                || *letter == '.'
                || exponent.contains(letter);
            before = Some(*letter);
            !part
        });
        let text = self.take(end.map_or(self.rest.len(), |(at, _letter)| at));
        match is_number(text, hex) {
            true => Token::Number,
            false => Token::Wrong,
        }
    }
}

fn is_number(text: &str, hex: bool) -> bool {
    if !hex {
        return text.parse::<f64>().is_ok();
    }
    let text = text.get(2..).unwrap_or_default().to_ascii_lowercase();
    let (mantissa, exponent) = match text.split_once('p') {
        Some((mantissa, exponent)) => (mantissa.to_owned(), Some(exponent.to_owned())),
        None => (text, None),
    };
    let whole =
        mantissa.matches('.').count() <= 1 && mantissa.len() > mantissa.matches('.').count();
    let digits = mantissa
        .chars()
        .all(|letter| letter.is_ascii_hexdigit() || letter == '.');
    whole && digits && exponent.is_none_or(|exponent| exponent.parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_as_lua_cuts_them() {
        use Token::{Name, Number, Open, Text, Word, Wrong};
        let cases: [(&str, &[Token<'_>]); 13] = [
            ("x=1", &[Name("x"), Word("="), Number]),
            ("a..b", &[Name("a"), Word(".."), Name("b")]),
            ("0x1p-3 3e+5 .5 3.", &[Number, Number, Number, Number]),
            ("1e", &[Wrong]),
            ("-- only words\n7", &[Number]),
            ("--[==[ long\n]] ]==] nil", &[Word("nil")]),
            ("--[= short\n7", &[Number]),
            ("--[[ open", &[Open]),
            ("[=[a]]]=]", &[Text("a]]")]),
            ("'it\\'s' \"\"", &[Text("it\\'s"), Text("")]),
            ("'open\\\n", &[Open]),
            ("'broken\n'", &[Wrong]),
            ("a ? b", &[Name("a"), Wrong]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn any_bytes_of_any_language_are_cut_without_a_panic() {
        for text in [
            "ü",
            "'ü\\ü",
            "[=ü",
            "..ü",
            "\\",
            "'\\zü",
            "0xü",
            "日本 = '日本'",
        ] {
            let _any_tokens_will_do = tokens(text);
        }
    }
}
