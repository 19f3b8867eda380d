import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaValidationException;
import org.apache.avro.SchemaValidator;
import org.apache.avro.SchemaValidatorBuilder;

/**
 * What Apache Avro says of schemas, one JVM for all. Each line of input is {"history":[oldest, …, latest],"candidate":…};
 * each line of output {"reads":[…],"isRead":[…],"validator":{mode: boolean}} or {"error":…}. `reads` and `isRead` are
 * SchemaCompatibility's answers, for each schema of the history: can the candidate read it, can it read the candidate.
 */
public final class Verdicts {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      output.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
    }
    output.flush();
  }

  private static ObjectNode answer(JsonNode asked) {
    ObjectNode answer = JSON.createObjectNode();
    try {
      List<Schema> history = new ArrayList<>();
      for (JsonNode one : asked.get("history")) {
        history.add(parse(one));
      }
      Schema candidate = parse(asked.get("candidate"));
      for (Schema held : history) {
        answer.withArray("/reads").add(canRead(candidate, held));
        answer.withArray("/isRead").add(canRead(held, candidate));
      }
      validate(answer.withObject("/validator"), history, candidate);
    } catch (RuntimeException refused) {
      answer.put("error", refused.toString());
    }
    return answer;
  }

  private static Schema parse(JsonNode text) {
    return new Schema.Parser().parse(text.toString());
  }

  private static boolean canRead(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType()
        == SchemaCompatibilityType.COMPATIBLE;
  }

  private static void validate(ObjectNode modes, List<Schema> history, Schema candidate) {
    List<Schema> latestFirst = new ArrayList<>(history);
    java.util.Collections.reverse(latestFirst);
    modes.put("NONE", true);
    modes.put("BACKWARD", passes(backward().validateLatest(), candidate, latestFirst));
    modes.put("BACKWARD_TRANSITIVE", passes(backward().validateAll(), candidate, latestFirst));
    modes.put("FORWARD", passes(forward().validateLatest(), candidate, latestFirst));
    modes.put("FORWARD_TRANSITIVE", passes(forward().validateAll(), candidate, latestFirst));
    modes.put("FULL", passes(full().validateLatest(), candidate, latestFirst));
    modes.put("FULL_TRANSITIVE", passes(full().validateAll(), candidate, latestFirst));
  }

  private static SchemaValidatorBuilder backward() {
    return new SchemaValidatorBuilder().canReadStrategy();
  }

  private static SchemaValidatorBuilder forward() {
    return new SchemaValidatorBuilder().canBeReadStrategy();
  }

  private static SchemaValidatorBuilder full() {
    return new SchemaValidatorBuilder().mutualReadStrategy();
  }

  private static boolean passes(SchemaValidator validator, Schema candidate, List<Schema> history) {
    try {
      validator.validate(candidate, history);
      return true;
    } catch (SchemaValidationException refused) {
      return false;
    }
  }
}
