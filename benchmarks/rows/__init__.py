"""The rows of the table, one module each: `await measure(quick)` gives one row or several."""
