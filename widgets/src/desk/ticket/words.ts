/** What the ticket and its parts read: the kernel's sections, and the words in two languages. */
import type { Language, LookState } from "../look";

/** The form. Both halves write it: a person types here, `Ticket.fill` writes there. */
export interface TicketState extends LookState {
  code: string;
  /** The key of an action. */
  side: string;
  price_type: number;
  price: number;
  volume: number;
  remark: string;
  confirm: boolean;
  /** Why nothing may be sent, "中文 / English"; "" while that is allowed. */
  blocked: string;
  banner: { text?: string; tone?: string };
}

/** What decides whether an order would be refused. */
export type Judged = Pick<TicketState, "code" | "side" | "price_type" | "price" | "volume">;

/** What the form follows. */
export const FIELDS = [
  ...(["code", "side", "price_type", "price", "volume"] as const),
  ...(["remark", "confirm", "blocked", "banner"] as const),
] as const;

/** One button; `Action.shown()` of xtnb/widgets/actions.py. */
export interface Action {
  key: string;
  buy: boolean;
  zh: string;
  en: string;
  row_zh: string;
  row_en: string;
  short_zh: string;
  short_en: string;
  priced: boolean;
  coded: boolean;
  special: boolean;
}

/** One figure beneath the form; `line()` of xtnb/widgets/figures.py. */
export interface Line {
  role: string;
  label_zh: string;
  label_en: string;
  zh: string;
  en: string;
  wide: boolean;
  strong: boolean;
}

export interface Facts {
  code: string;
  known: boolean;
  name: string;
  limit_up: number;
  limit_down: number;
  /** The price steps upwards and downwards. */
  tick: number;
  below: number;
  lot: number;
  actions: Action[];
  price_zh: string;
  price_en: string;
  volume_zh: string;
  volume_en: string;
  /** What the order would bear: of a lock the underlying, of a repayment nothing. */
  sent: string;
  decimals: number;
  types: PriceKind[];
}

/** `shown()` of xtnb/widgets/price_types.py. */
export interface PriceKind {
  number: number;
  zh: string;
  en: string;
  /** What it does, in a few words; "" for a limit. */
  does_zh: string;
  does_en: string;
  priced: boolean;
  optional: boolean;
}

export interface QuoteRow {
  code: string;
  last: number;
  close: number;
  bid: number[];
  bid_volume: number[];
  ask: number[];
  ask_volume: number[];
}

export interface Account {
  /** How much can be bought, sold, opened … in words. */
  zh: string;
  en: string;
  /** What stands beside the price. */
  note_zh: string;
  note_en: string;
}

export interface Preview {
  accepted: boolean;
  /** What it is of; an older one says nothing of the form as it stands. */
  form: Judged;
  reason_zh: string;
  reason_en: string;
}

export interface Attempt {
  token: string;
  buy: boolean;
  side_zh: string;
  side_en: string;
  name: string;
  volume: number;
  price_zh: string;
  price_en: string;
  /** "sending", "working", "done", "cancelled", "refused", "late" or "unknown". */
  state: string;
  /** Whether it can be cancelled. */
  working: boolean;
  id: number;
  zh: string;
  en: string;
  reason_zh: string;
  reason_en: string;
  fills: { time: string; volume: number; price: string }[];
}

export interface Sections {
  facts: Facts;
  quote: QuoteRow | null;
  account: Account;
  preview: Preview | null;
  lines: Line[];
  attempts: Attempt[];
  /** What became of the order that was sent last, until the next one is begun. */
  said: { state: "sent" | "refused" | "late" | "unknown"; zh: string; en: string } | null;
  busy: boolean;
  lost: boolean;
  /** Of a live terminal: whether a click may send, for how long, and whether that can begin. */
  lock: { armed: boolean; minutes: number; can: boolean } | null;
  /** The form is a draft of an earlier kernel. */
  restored: { zh: string; en: string } | null;
}

const WORDS = {
  code: ["Code", "代码"],
  search: ["code, name or pinyin", "代码、名称或拼音"],
  none: ["nothing found", "没有找到"],
  type: ["Type", "方式"],
  remark: ["Remark", "备注"],
  optional: ["optional", "可不填"],
  market: ["market", "市价"],
  bid: ["Bid", "买一"],
  ask: ["Ask", "卖一"],
  last: ["Last", "最新"],
  up: ["Limit up", "涨停"],
  down: ["Limit dn", "跌停"],
  all: ["All", "全部"],
  quarter: ["¼", "¼"],
  third: ["⅓", "⅓"],
  half: ["½", "½"],
  illegible: ["That is not a number: nothing can be sent", "不是数字，无法下单"],
  notWhole: ["That is not a whole number: nothing can be sent", "不是整数，无法下单"],
  refusedIf: ["Would be refused: ", "将被拒绝："],
  refused: ["Would be refused", "将被拒绝"],
  enterCode: ["choose a code", "请选择代码"],
  openCode: ["the code is not chosen yet", "代码尚未选定"],
  enterPrice: ["enter a price", "请填价格"],
  enterVolume: ["enter a volume", "请填数量"],
  enterAmount: ["enter an amount", "请填金额"],
  yuan: ["CNY", "元"],
  sent: ["✓ Sent", "✓ 已发送"],
  refusedIt: ["✕ Not accepted", "✕ 未成功"],
  late: ["✕ Not sent, it was too late", "✕ 已过时，未发送"],
  unknown: ["? Outcome unknown, it may be there", "? 结果未知，可能已送达"],
  special: ["Special pool", "专项头寸"],
  cancel: ["Cancel", "撤单"],
  confirm: ["Confirm", "确认"],
  anyway: ["Send anyway", "仍然发送"],
  back: ["Back", "返回"],
  sending: ["Sending …", "发送中…"],
  lost: ["The link is lost: nothing can be sent", "连接已断开，无法下单"],
  gone: ["The kernel is gone: nothing can be sent", "内核已停止，无法下单"],
  asks: ["Ask", "卖"],
  bids: ["Bid", "买"],
  lower: ["lower", "减少"],
  raise: ["raise", "增加"],
  orders: ["Sent from here", "本单记录"],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof WORDS;

export function say(word: Word, language: Language): string {
  return WORDS[word][language === "zh" ? 1 : 0];
}
