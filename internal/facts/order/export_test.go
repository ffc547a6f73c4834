package order

// SelectTotals sums stored orders.
var SelectTotals = selectTotals
