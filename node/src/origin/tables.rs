//! The derivation's own tables, for those who judge evidence by them before the court does.

use aosec_challenge::inbox::Court;

use super::{Handle, OriginError};

impl Handle {
    /// Looks at the soft court's derivation, on a thread that may block; blocks wait meanwhile.
    ///
    /// # Errors
    /// [`OriginError`] where the look panicked, or the node stops.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Court) -> T + Send + 'static,
    ) -> Result<T, OriginError> {
        self.on_track(move |track| look(track.soft().0)).await
    }
}
