import type { Check } from '../check.js';
import { ACCOUNT_SOURCE_CHECKS } from './account-sources.js';
import { ACCOUNT_CHECKS } from './accounts.js';
import { ROW_SUM_CHECKS } from './row-sums.js';
import { LATE_AND_CHANGED_ROW_CHECKS } from './late-and-changed-rows.js';
import { FAULT_CHECKS } from './faults.js';
import { INVALID_PART_CHECKS } from './invalid-parts.js';
import { ONE_TIME_FAULT_CHECKS } from './one-time-faults.js';
import { LISTING_CHECKS } from './listings.js';
import { UNEXPECTED_TYPE_CHECKS } from './unexpected-types.js';
import { MONEY_CHECKS } from './money.js';
import { MOVEMENT_CHECKS } from './movements.js';
import { ORDER_FAULT_CHECKS } from './order-faults.js';
import { ORDER_CHECKS } from './orders.js';
import { SECRET_CHECKS } from './secrets.js';
import { SETTINGS_CHECKS } from './settings.js';
import { WEBHOOK_CHECKS } from './webhooks.js';

export const CHECKS: readonly Check[] = [
  ...SETTINGS_CHECKS,
  ...LISTING_CHECKS,
  ...LATE_AND_CHANGED_ROW_CHECKS,
  ...MONEY_CHECKS,
  ...MOVEMENT_CHECKS,
  ...ROW_SUM_CHECKS,
  ...ACCOUNT_CHECKS,
  ...FAULT_CHECKS,
  ...ONE_TIME_FAULT_CHECKS,
  ...ACCOUNT_SOURCE_CHECKS,
  ...UNEXPECTED_TYPE_CHECKS,
  ...INVALID_PART_CHECKS,
  ...SECRET_CHECKS,
  ...ORDER_CHECKS,
  ...ORDER_FAULT_CHECKS,
  ...WEBHOOK_CHECKS,
];
