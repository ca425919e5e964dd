//! What is said to the server, and by it.
//!
//! The browser reads and writes JSON already, so the page brings nothing along for it: serde's reader, compiled anew
//! for each type, would be a sixth of the page. What travels are the types that server and page share. A field that is
//! added to one of them and forgotten here does not compile, and the tests read what serde has written, and the other
//! way round.

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
mod host;
mod plain;
mod sent;
#[cfg(test)]
mod tests;
mod told;

#[cfg(target_family = "wasm")]
pub use browser::Json;
#[cfg(not(target_family = "wasm"))]
pub use host::Json;

/// What can be read from JSON.
pub trait Read: Sized {
    /// Reads it; `None` where the JSON does not say that.
    fn read(json: &Json) -> Option<Self>;
}

/// What can be written as JSON.
pub trait Write {
    /// Writes it.
    fn write(&self) -> Json;
}

impl Json {
    /// Reads a field of an object. One that is not there is nothing.
    pub fn field<T: Read>(&self, name: &str) -> Option<T> {
        T::read(&self.get(name))
    }
}
