import { backoffice } from "./backoffice.ts";
import { billing } from "./billing.ts";
import { checkoutApi } from "./checkout-api.ts";
import { inventory } from "./inventory.ts";
import { recommender } from "./recommender.ts";
import type { Service } from "./service.ts";
import { storefront } from "./storefront.ts";

/** A small web shop. It does not exist; its errors do, everywhere. */
export const SHOP: readonly Service[] = [storefront, checkoutApi, recommender, billing, inventory, backoffice];
