import Engine
import Learning
import Tabular
import WorkerContract

extension JSONText {
  /// `,"explanation":[{"class", "margin", "bias", "contributions": {feature: number, …}}, …]`, or null for a model that does not
  /// say how many rows reached its nodes.
  mutating func explanation(_ explanation: Explanation?, of version: LoadedVersion) {
    raw(#","explanation":"#)
    guard let explanation else { return raw("null") }
    let features = version.pipeline.schema.features
    array(explanation.outputs) { text, output in
      text.raw(#"{"class":"#)
      text.raw(version.quotedClasses[output.classIndex])
      text.raw(#","margin":"#)
      text.number(output.margin)
      text.raw(#","bias":"#)
      text.number(output.bias)
      text.raw(#","contributions":{"#)
      for (place, contribution) in output.contributions.enumerated() {
        if place > 0 { text.raw(",") }
        text.string(features[place].name)
        text.raw(":")
        text.number(contribution)
      }
      text.raw("}}")
    }
  }
}
