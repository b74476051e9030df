/** What the ticket and its parts read: the kernel's sections, and the words in two languages. */
import type { Language, LookState } from "../look";

/** The form. Both halves write it: a person types here, `Ticket.fill` writes there. */
export interface TicketState extends LookState {
  code: string;
  side: "buy" | "sell";
  price_type: number;
  price: number;
  volume: number;
  remark: string;
  confirm: boolean;
}

export interface Facts {
  code: string;
  known: boolean;
  name: string;
  limit_up: number;
  limit_down: number;
  tick: number;
  lot: number;
  decimals: number;
  types: { number: number; zh: string; en: string; priced: boolean; optional: boolean }[];
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
  cash: number;
  sellable: number;
  held: number;
  /** Most that can be bought with the cash, or sold, at the form's price. */
  most: number;
}

export interface Preview {
  accepted: boolean;
  reason_zh: string;
  reason_en: string;
  amount: number;
  commission: number;
  stamp_duty: number;
  transfer_fee: number;
  cash_after: number;
}

export interface Attempt {
  token: string;
  buy: boolean;
  code: string;
  name: string;
  volume: number;
  price_zh: string;
  price_en: string;
  /** "sending", "working", "done", "cancelled" or "refused". */
  state: string;
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
  attempts: Attempt[];
  busy: boolean;
  lost: boolean;
}

const WORDS = {
  code: ["Code", "代码"],
  search: ["code, name or pinyin", "代码、名称或拼音"],
  none: ["nothing found", "没有找到"],
  buy: ["Buy", "买入"],
  sell: ["Sell", "卖出"],
  type: ["Type", "方式"],
  price: ["Price", "价格"],
  volume: ["Volume", "数量"],
  remark: ["Remark", "备注"],
  optional: ["optional", "可不填"],
  protective: ["protective, optional", "保护价，可不填"],
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
  canBuy: ["Can buy", "可买"],
  canSell: ["Sellable", "可卖"],
  of: ["of", "/ 持有"],
  amount: ["Amount", "金额"],
  fees: ["Fees", "费用"],
  commission: ["commission", "佣金"],
  stamp: ["stamp duty", "印花税"],
  transfer: ["transfer fee", "过户费"],
  after: ["Cash after", "成交后可用"],
  available: ["Cash", "可用资金"],
  illegible: ["That is not a number: nothing can be sent", "不是数字，无法下单"],
  refusedIf: ["Would be refused: ", "将被拒绝："],
  shares: ["shares", "股"],
  confirm: ["Confirm", "确认"],
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
