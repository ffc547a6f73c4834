package order

// cartKey names the cart: the shop's id, else the device, else the user.
func (r *reader) cartKey(fallback bool) (string, error) {
	v, path := r.first("cart_id", "cartId")
	k, err := key(v, path)
	switch {
	case err != nil || k != "" || !fallback:
		return k, err
	case r.AnonymousID != "":
		return cartOfDevice + limit(r.AnonymousID, maxKeyLength), nil
	case r.UserID != "":
		return cartOfUser + limit(r.UserID, maxKeyLength), nil
	}
	return wholeCart, nil
}

func (r *reader) op(cart string, op Op) []CartOp {
	op.At, op.MessageID, op.AnonymousID, op.UserID, op.Currency = r.At, r.MessageID, r.AnonymousID, r.UserID, r.code
	return []CartOp{{ShopID: r.ShopID, CustomerID: r.CustomerID, CartKey: cart, Op: op}}
}

func (r *reader) cartEvent(op Op) (Parsed, error) {
	cart, err := r.cartKey(true)
	if err != nil || cart == wholeCart {
		return Parsed{}, err
	}
	return Parsed{Carts: r.op(cart, op)}, nil
}

func (r *reader) added() (Parsed, error) {
	l, err := r.product(r.props, "")
	if err != nil || l.key() == "\x00\x00" && l.Name == "" {
		return Parsed{}, err
	}
	return r.cartEvent(Op{Kind: OpAdd, Lines: []CartLine{l}})
}

func (r *reader) removed() (Parsed, error) {
	l, err := r.product(r.props, "")
	if err != nil {
		return Parsed{}, err
	}
	if !r.props.Get("quantity").Exists() {
		l.Quantity = 0 // all of it
	}
	return r.cartEvent(Op{Kind: OpRemove, Lines: []CartLine{l}})
}

func (r *reader) cartLines() ([]CartLine, error) {
	list := r.props.Get("products")
	if !list.IsArray() {
		return nil, nil
	}
	items := list.Array()
	if len(items) > maxLines {
		return nil, invalid("products", "order.lines", "properties.products has %d entries; %d is the most.", len(items), maxLines)
	}
	out := make([]CartLine, 0, len(items))
	for i, p := range items {
		l, err := r.product(p, "products["+itoa(i)+"].")
		if err != nil {
			return nil, err
		}
		out = addLine(out, l)
	}
	return out, nil
}

func (r *reader) viewed() (Parsed, error) {
	lines, err := r.cartLines()
	if err != nil || lines == nil {
		return Parsed{}, err
	}
	return r.cartEvent(Op{Kind: OpView, Lines: lines})
}

func (r *reader) started() (Parsed, error) {
	lines, err := r.cartLines()
	if err != nil {
		return Parsed{}, err
	}
	return r.cartEvent(Op{Kind: OpStep, Step: stepStarted, Lines: lines})
}

func (r *reader) step() (Parsed, error) {
	step := r.props.Get("step").Int()
	if step < 0 || step > 1000 {
		step = 0
	}
	return r.cartEvent(Op{Kind: OpStep, Step: max(step, stepStarted)})
}
