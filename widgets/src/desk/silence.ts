/** What is said of a kernel that does not answer. */
import type { Language } from "./look";

/** 内核 7 秒无应答 / the kernel has not answered for 7 s. */
export function silence(seconds: number, language: Language): string {
  if (language === "zh") return `内核 ${seconds} 秒无应答`;
  return `The kernel has not answered for ${seconds} s`;
}

/** Of a cancel that was pressed meanwhile. */
export function lostCancel(language: Language): string {
  return language === "zh" ? "撤单可能未送达" : "the cancel may not have arrived";
}

/** Why a form sends nothing, and what may be on its way. */
export function blockedBy(
  seconds: number,
  pressed: boolean,
  cancelled: boolean,
  language: Language,
): string {
  const zh = language === "zh";
  const parts = [silence(seconds, language) + (zh ? "，无法下单" : ": nothing can be sent")];
  if (pressed) {
    parts.push(
      zh ? "刚确认的委托是否发出尚不清楚" : "whether what you confirmed went out is not known yet",
    );
  }
  if (cancelled) parts.push(lostCancel(language));
  return parts.join(zh ? "；" : "; ");
}
