/** Helpers for the e-commerce specification: the name of the method is that of the event, written in camel case. */
export const shopping = [
  'Products Searched',
  'Product List Viewed',
  'Product Clicked',
  'Product Viewed',
  'Product Added',
  'Product Removed',
  'Product Added To Wishlist',
  'Cart Viewed',
  'Checkout Started',
  'Checkout Step Viewed',
  'Checkout Step Completed',
  'Payment Info Entered',
  'Order Completed',
] as const;

export const methodOf = (event: string) => event[0]?.toLowerCase() + event.slice(1).replace(/ /g, '');

/** What can be called before the tracker is loaded. */
export const calls = ['init', 'identify', 'track', 'page', 'group', 'alias', 'reset', 'consent', 'ready'];
