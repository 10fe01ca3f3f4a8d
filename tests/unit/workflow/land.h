#pragma once
/* The transfer of land-use right (domain.md section 2), shortened to its shape; for tests and for measuring the engine. */
extern const char land_text[];
