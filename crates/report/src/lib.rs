//! Pages, tables and charts as values. No I/O.
