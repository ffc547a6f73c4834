package customer

// PageQueries gives the statement of every list that can be asked for.
func PageQueries() []string {
	var out []string
	yes, no := true, false
	for sort := range sortColumns {
		for _, ascending := range []bool{true, false} {
			for _, buyers := range []*bool{nil, &yes, &no} {
				for _, more := range []bool{true, false} {
					out = append(out, pageQuery(&Filter{Sort: sort, Ascending: ascending, HasOrders: buyers}, more))
				}
			}
		}
	}
	return out
}
