/** The roles, from the most to the least powerful; what each may do is decided by the server. */
export const roles = ['owner', 'manager', 'marketer', 'agent', 'sales', 'analyst'] as const;
