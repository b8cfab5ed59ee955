//! Whether a text of Lua 5.3 is whole, could be by further lines, or is wrong: Lua's own `<eof>` rule. Pure.
//!
//! A grammar without a tree: it looks at one token after the other, as Lua's parser does, and says where it stopped. What only
//! compiling shows (a `goto` without its label) is left to the process.

use super::lex::{Token, tokens};

/// Lua's own bound on nested blocks and expressions (LUAI_MAXCCALLS).
const LEVELS_MAX: usize = 200;

/// True where the text is no Lua yet and more of it may be: neither as an expression nor as a chunk is it whole, and one of both breaks
/// off at its end. `Eval` tries the same two readings.
pub(super) fn is_unfinished(text: &str) -> bool {
    let words = tokens(text);
    let expression: Vec<_> = std::iter::once(Token::Word("return"))
        .chain(words.iter().copied())
        .collect();
    let readings = [verdict(&expression), verdict(&words)];
    !readings.contains(&Ok(())) && readings.contains(&Err(Stop::End))
}

/// True where there is nothing to run: blanks and remarks.
pub(super) fn is_empty(text: &str) -> bool {
    tokens(text).is_empty()
}

fn verdict(tokens: &[Token<'_>]) -> Result<(), Stop> {
    let mut grammar = Grammar {
        tokens,
        at: 0,
        levels: 0,
    };
    grammar.block()?;
    match grammar.peek() {
        None => Ok(()),
        Some(_more) => Err(grammar.stop()),
    }
}

/// Where a reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// At the end of the text.
    End,
    /// Before it.
    Wrong,
}

/// What an expression is good for, as a statement or before `=`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Call,
    Place,
    Value,
}

struct Grammar<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    levels: usize,
}

type Read<T = ()> = Result<T, Stop>;

impl<'a> Grammar<'_, 'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn sees(&self, word: &str) -> bool {
        self.peek() == Some(Token::Word(word))
    }

    fn sees_one_of(&self, words: &[&str]) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if words.contains(&word))
    }

    /// Why this token cannot stand here.
    fn stop(&self) -> Stop {
        match self.peek() {
            None | Some(Token::Open) => Stop::End,
            Some(_other) => Stop::Wrong,
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let seen = self.sees(word);
        self.at += usize::from(seen);
        seen
    }

    fn word(&mut self, word: &str) -> Read {
        self.takes(word).then_some(()).ok_or_else(|| self.stop())
    }

    fn name(&mut self) -> Read {
        match self.peek() {
            Some(Token::Name(_)) => {
                self.at += 1;
                Ok(())
            }
            _other => Err(self.stop()),
        }
    }

    /// Runs one level deeper.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.levels >= LEVELS_MAX {
            return Err(Stop::Wrong);
        }
        self.levels += 1;
        let read = inner(self);
        self.levels -= 1;
        read
    }

    fn list(&mut self, mut one: impl FnMut(&mut Self) -> Read) -> Read {
        one(self)?;
        while self.takes(",") {
            one(self)?;
        }
        Ok(())
    }

    fn block(&mut self) -> Read {
        while self.peek().is_some() && !self.sees_one_of(&["end", "else", "elseif", "until"]) {
            if self.takes("return") {
                return self.returned();
            }
            self.deeper(Self::statement)?;
        }
        Ok(())
    }

    fn returned(&mut self) -> Read {
        let ends =
            self.peek().is_none() || self.sees_one_of(&["end", "else", "elseif", "until", ";"]);
        if !ends {
            self.list(Self::expression)?;
        }
        self.takes(";");
        Ok(())
    }

    fn statement(&mut self) -> Read {
        let Some(Token::Word(word)) = self.peek() else {
            return self.call_or_assignment();
        };
        if word == "(" {
            return self.call_or_assignment();
        }
        self.at += 1;
        match word {
            ";" | "break" => Ok(()),
            "::" => self.name().and_then(|()| self.word("::")),
            "goto" => self.name(),
            "do" => self.closed_block(),
            "while" => self.expression().and_then(|()| self.done_block()),
            "repeat" => {
                self.block()?;
                self.word("until")?;
                self.expression()
            }
            "if" => self.branches(),
            "for" => self.counted_or_listed(),
            "function" => self.named_function(),
            "local" => self.local(),
            _other => {
                self.at -= 1;
                Err(Stop::Wrong)
            }
        }
    }

    fn closed_block(&mut self) -> Read {
        self.block()?;
        self.word("end")
    }

    fn done_block(&mut self) -> Read {
        self.word("do")?;
        self.closed_block()
    }

    fn branches(&mut self) -> Read {
        loop {
            self.expression()?;
            self.word("then")?;
            self.block()?;
            if !self.takes("elseif") {
                break;
            }
        }
        if self.takes("else") {
            self.block()?;
        }
        self.word("end")
    }

    fn counted_or_listed(&mut self) -> Read {
        self.name()?;
        if self.takes("=") {
            self.expression()?;
            self.word(",")?;
            self.expression()?;
            if self.takes(",") {
                self.expression()?;
            }
            return self.done_block();
        }
        while self.takes(",") {
            self.name()?;
        }
        self.word("in")?;
        self.list(Self::expression)?;
        self.done_block()
    }

    fn named_function(&mut self) -> Read {
        self.name()?;
        while self.takes(".") {
            self.name()?;
        }
        if self.takes(":") {
            self.name()?;
        }
        self.body()
    }

    fn local(&mut self) -> Read {
        if self.takes("function") {
            return self.name().and_then(|()| self.body());
        }
        self.list(Self::name)?;
        match self.takes("=") {
            true => self.list(Self::expression),
            false => Ok(()),
        }
    }

    /// Parameters and block of a function.
    fn body(&mut self) -> Read {
        self.word("(")?;
        while !self.sees(")") {
            if self.takes("...") {
                break;
            }
            self.name()?;
            if !self.takes(",") {
                break;
            }
            if self.sees(")") {
                return Err(Stop::Wrong);
            }
        }
        self.word(")")?;
        self.closed_block()
    }

    fn call_or_assignment(&mut self) -> Read {
        let mut form = self.suffixed()?;
        if !self.sees_one_of(&["=", ","]) {
            return (form == Form::Call)
                .then_some(())
                .ok_or_else(|| self.stop());
        }
        loop {
            if form != Form::Place {
                return Err(Stop::Wrong);
            }
            if !self.takes(",") {
                break;
            }
            form = self.suffixed()?;
        }
        self.word("=")?;
        self.list(Self::expression)
    }

    /// A name or a value in brackets, with what hangs on it.
    fn suffixed(&mut self) -> Read<Form> {
        let mut form = if self.takes("(") {
            self.expression()?;
            self.word(")")?;
            Form::Value
        } else {
            self.name()?;
            Form::Place
        };
        loop {
            if self.takes(".") {
                self.name()?;
                form = Form::Place;
            } else if self.takes("[") {
                self.expression()?;
                self.word("]")?;
                form = Form::Place;
            } else if self.takes(":") {
                self.name()?;
                self.arguments()?;
                form = Form::Call;
            } else if self.sees_one_of(&["(", "{"]) || matches!(self.peek(), Some(Token::Text(_))) {
                self.arguments()?;
                form = Form::Call;
            } else {
                return Ok(form);
            }
        }
    }

    fn arguments(&mut self) -> Read {
        if let Some(Token::Text(_)) = self.peek() {
            self.at += 1;
            return Ok(());
        }
        if self.sees("{") {
            return self.deeper(Self::table);
        }
        self.word("(")?;
        if !self.sees(")") {
            self.list(Self::expression)?;
        }
        self.word(")")
    }

    fn table(&mut self) -> Read {
        self.word("{")?;
        while !self.sees("}") {
            self.field()?;
            if !self.takes(",") && !self.takes(";") {
                break;
            }
        }
        self.word("}")
    }

    fn field(&mut self) -> Read {
        let named = matches!(self.peek(), Some(Token::Name(_)))
            && self.tokens.get(self.at + 1) == Some(&Token::Word("="));
        if named {
            self.at += 2;
        } else if self.takes("[") {
            self.expression()?;
            self.word("]")?;
            self.word("=")?;
        }
        self.expression()
    }

    fn expression(&mut self) -> Read {
        self.deeper(|grammar| {
            loop {
                grammar.operand()?;
                if !grammar.takes_operator() {
                    return Ok(());
                }
            }
        })
    }

    fn takes_operator(&mut self) -> bool {
        const OPERATORS: [&str; 21] = [
            "+", "-", "*", "/", "//", "^", "%", "&", "~", "|", ">>", "<<", "..", "<", "<=", ">",
            ">=", "==", "~=", "and", "or",
        ];
        let seen = self.sees_one_of(&OPERATORS);
        self.at += usize::from(seen);
        seen
    }

    fn operand(&mut self) -> Read {
        while self.sees_one_of(&["not", "#", "-", "~"]) {
            self.at += 1;
        }
        match self.peek() {
            Some(
                Token::Number | Token::Text(_) | Token::Word("nil" | "true" | "false" | "..."),
            ) => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Word("{")) => self.table(),
            Some(Token::Word("function")) => {
                self.at += 1;
                self.body()
            }
            _other => self.suffixed().map(|_form| ()),
        }
    }
}

#[cfg(test)]
mod tests;
