/** Decodes text in the code pages of DOS, which some banks still use. `TextDecoder` does not know these encodings. */

/** The characters of the bytes 0x80 to 0xff. Source: the code pages 852 and 850 of IBM. */
const CODE_PAGES = {
  cp852:
    'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
} as const;

export type CodePage = keyof typeof CODE_PAGES;

export function isCodePage(encoding: string): encoding is CodePage {
  return Object.hasOwn(CODE_PAGES, encoding);
}

/**
 * Decodes a text.
 * @param text the text, with one character per byte
 */
export function decodeCodePage(text: string, codePage: CodePage): string {
  const characters = CODE_PAGES[codePage];
  return text.replace(/[\x80-\xff]/g, (byte) => characters.charAt(byte.charCodeAt(0) - 0x80));
}
