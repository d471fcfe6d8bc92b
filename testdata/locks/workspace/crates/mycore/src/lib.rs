use pyo3::prelude::*;

#[pymodule]
mod mycore {
    use pyo3::prelude::*;

    #[pyfunction]
    fn double(number: usize) -> usize {
        number * 2
    }
}
