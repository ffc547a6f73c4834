package order

// SelectTotals sums stored orders.
var SelectTotals = selectTotals

// SetLook makes pages look at fewer rows.
func (s *Service) SetLook(n int) { s.look = n }
