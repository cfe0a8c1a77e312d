// Names for the unions that the generated types spell out in place.
import type * as gen from "./protocol.gen";

export type * from "./protocol.gen";

/** The operations: what is asked and what comes back. */
export type Operations = {
  hello: [gen.HelloRequest, gen.HelloReply];
  ping: [gen.PingRequest, gen.PingReply];
  trace: [gen.TraceRequest, gen.TraceReply];
  blocks: [gen.BlocksRequest, gen.BlocksReply];
  text: [gen.TextRequest, gen.TextReply];
  media: [gen.MediaRequest, gen.MediaReply];
  spans: [gen.SpansRequest, gen.SpansReply];
  find: [gen.FindRequest, gen.FindReply];
  span: [gen.SpanRequest, gen.SpanReply];
  moved: [gen.MovedRequest, gen.MovedReply];
  module: [gen.ModuleRequest, gen.ModuleReply];
  save: [gen.SaveRequest, gen.SaveReply];
  queue: [gen.QueueRequest, gen.QueueReply];
  bulk: [gen.BulkRequest, gen.BulkReply];
  tags: [gen.TagsRequest, gen.TagsReply];
  results: [gen.ResultsRequest, gen.ResultsReply];
  talk: [gen.TalkRequest, gen.TalkReply];
  generate: [gen.GenerateRequest, gen.TalkReply];
  chat_send: [gen.ChatSendRequest, gen.TalkReply];
  chat_stop: [gen.ChatStopRequest, gen.TalkReply];
  chat_start: [gen.ChatStartRequest, gen.TalkReply];
  chat_save: [gen.ChatSaveRequest, gen.ChatSavedReply];
  pair: [gen.PairRequest, gen.PairReply];
  chat_choose: [gen.ChatChooseRequest, gen.TalkReply];
};
export type Op = keyof Operations;
export type Push =
  | gen.ChangedPush
  | gen.ChatPush
  | gen.GotoPush
  | gen.RefreshPush
  | gen.SuggestedPush;

export type Question = gen.LabelSchema;
export type Input = Question["input"];
export type EventIn = gen.SaveRequest["events"][number];
export type Change = gen.Event["changes"][number];
export type Block = gen.TraceReply["blocks"][number];
export type Part = gen.MessageBlock["parts"][number];
