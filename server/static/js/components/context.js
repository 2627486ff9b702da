/* How components reach the console they belong to. */

import { createContext } from "../../vendor/preact.js";
import { useContext } from "../../vendor/hooks.js";

export const ConsoleContext = createContext(null);
export const useConsole = () => useContext(ConsoleContext);
