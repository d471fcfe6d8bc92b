//! Zstandard for Python, as small as it gets.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::exceptions::PyOSError;
    use pyo3::prelude::*;

    /// Compresses `data`.
    #[pyfunction]
    fn pack(data: &[u8]) -> PyResult<Vec<u8>> {
        zstd::encode_all(data, 0).map_err(|error| PyOSError::new_err(error.to_string()))
    }
}
