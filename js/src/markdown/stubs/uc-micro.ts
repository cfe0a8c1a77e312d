/** Stands in for `uc.micro`: the same classes by the browser's own Unicode tables. */
export const P = /\p{P}/u;
export const S = /\p{S}/u;
