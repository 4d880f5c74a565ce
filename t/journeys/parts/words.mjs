// SPDX-License-Identifier: BSD-2-Clause
// Text that finds weak spots.
export const every_printable = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i))
