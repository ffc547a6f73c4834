package order

import "strings"

// SelectTotals sums stored orders.
var SelectTotals = selectTotals

// SetLook makes pages look at fewer rows.
func (s *Service) SetLook(n int) { s.look = n }

// SetFew makes products count as often sold that have more than n lines.
func (s *Service) SetFew(n int) { s.few = n }

// OrderColumns are the columns of a stored order.
func OrderColumns() []string { return columnList(strings.Join(strings.Fields(orderColumns), " ")) }
