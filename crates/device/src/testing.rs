//! For simulations: a process that dies at a commit.

use crate::device::Device;
use crate::error::Result;

impl Device {
    /// Calls `dies` before every commit of this handle; where it says yes, nothing is committed and the command fails, as if
    /// the process had been killed just before.
    pub fn on_commit(&mut self, dies: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        Ok(self.conn.commit_hook(Some(dies))?)
    }
}
